"""Finds personal data and secrets in records and puts keyed surrogates in their place.

kinds        what can be found, and when two spellings are the same value
fields       JSON and metadata keys that say what their value is
dates        dates of birth in the forms people write
words        words that are also names
secrets      patterns of credentials
personal     patterns of personal data, each decided by arithmetic where there is any
cards        card numbers, also beside other numbers
phones       phone numbers, also beside other numbers
national     passports, tax numbers and the like, by Presidio, behind a gate
names        names by a local spaCy or transformers model, where one is given
plugged      Presidio's recognisers as a user plugs them in, behind gates
finders      all of the above on one text, once for each distinct text
decode       JSON inside a text, and whatever is encoded there: opened, and closed again
encodings    escapes, URL encoding and base64
known        what a session knows (names, ids, dates of birth), found wherever it appears again
surrogates   the keyed stand-in of a value, in the shape of the value
keys         the key of the surrogates, its name, and a person's hash under it
rules        what a pattern is, and gates in front of many patterns
memory       answers about texts, remembered from one pass to the next
sift         messages in which nothing can be found, told from their bytes
walk         a record's own texts, one after the other
learn        the first pass over a part: what its sessions know
first_pass   the first pass over all parts, and what both passes work with
mixed        values under a telling key that hold more than it says
stand_ins    stand-ins put where something was found or is known
rewrite      the second pass: every record with stand-ins, its people hashed
residue      whether anything known is left in what was written
lines        records as they are read, the messages as bytes; of a call only what is new
learnt       what each part taught about its sessions, kept outside of all versioning
"""
