# capitals, blanks in place of hyphens, numbers as strings

diagnoses = {
    "1": ("Threads", "LIMIT"),
    "2": ("Caught", "NESTED"),
    "3": ("Unfinished", "BEGIN"),
    "4": ("Computed", "ASK"),
    "5": ("In Place", "MUTABLE"),
    "6": ("Savepoint", "REAL-BEGIN"),
    "7": ("Frozen", "TO-THREAD"),
    "8": ("Late", "FUNCTION-SCOPE"),
}
