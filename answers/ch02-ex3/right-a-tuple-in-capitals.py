# a tuple, in capitals


states = ("Pending", "Persistent", "Transient", "Detached", "Persistent", "Deleted", "Detached")
