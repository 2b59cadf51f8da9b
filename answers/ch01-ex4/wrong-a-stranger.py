# never logs 'lights out'

order = ["lights out"]
