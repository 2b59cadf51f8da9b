# The program also logs 'foyer opens'
# breaks: scheduled, blocked, timers, awaited

order = ["doors open", "balcony opens"]
