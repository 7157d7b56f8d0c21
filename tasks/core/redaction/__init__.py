"""Finds personal data and secrets in records and puts keyed surrogates in their place.

kinds        what can be found, and when two spellings are the same value
fields       JSON and metadata keys that say what their value is
dates        dates of birth in the forms people write
words        words that are also names
secrets      patterns of credentials
personal     patterns of personal data, each decided by arithmetic where there is any
national     passports, tax numbers and the like, by Presidio, behind a gate
names        names by a local spaCy model, where one is given
finders      all of the above on one text, once for each distinct text
decode       JSON, escapes, URL encoding and base64 inside a text: opened, and closed again
known        what a session knows (names, ids, dates of birth), found wherever it appears again
surrogates   the keyed stand-in of a value, in the shape of the value
rewrite      a record through all of it
residue      whether anything known is left in what was written
lines        records as they are read, with the messages left as bytes
learnt       what each part taught about its sessions, kept outside of all versioning
"""
