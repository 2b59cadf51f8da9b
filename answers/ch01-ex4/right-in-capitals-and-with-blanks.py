# capitals and blanks

order = [
    "Doors open ",
    " Balcony opens",
    "Foyer opens",
    "ARCHIVE READ",
    "foyer  is seated",
    "Balcony is seated",
    "Curtain up",
]
