# is still `...`
# breaks: scheduled, blocked, timers, awaited

order = ["doors open", ...]
