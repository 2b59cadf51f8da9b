# is still `...`

order = ["doors open", ...]
