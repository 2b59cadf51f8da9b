# The program also logs 'foyer opens'

order = ["doors open", "balcony opens"]
