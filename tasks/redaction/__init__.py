"""Finds personal data and secrets in records and puts keyed surrogates in their place.

What can be found in one text
    kinds           what there is, when two spellings are the same value, what a span holds
    rules           what a pattern is, and gates in front of many patterns
    secrets         patterns of credentials
    personal        patterns of personal data
    numbers         cards and phones, also beside other numbers
    dates           dates of birth in the forms people write
    words           words that are also names
    fields          JSON and metadata keys that say what their value is
    recognizers     Presidio's: of countries' documents, and as a user plugs them in
    names           names by a local model, where one is given
    isolation       a process apart, for recognisers and models that may not come back
    finders         all of the above on one text, once for each distinct text

What is inside a text
    decode          JSON inside a text, and whatever is encoded there: opened, and closed again
    encodings       escapes, URL encoding and base64

What is put in its place
    keys            the key of the surrogates, its name, and a person's hash under it
    surrogates      the keyed surrogate of a value, in the shape of the value

Records
    lines           records as they are read, the messages as bytes, and their texts one by one
    sift            messages in which nothing can be found, told from their bytes
    first_pass      over all parts: what each session holds
    session_values  what the first pass collects, kept outside of all versioning
    session_index   what a session holds, found wherever it appears again
    second_pass     every record with surrogates, its people hashed
    leak_scan       whether anything is left in what was written
    people          how many records name a person, and what a user is told of the keys
"""
