# never logs 'lights out'
# breaks: scheduled, blocked, timers, awaited

order = ["lights out"]
