"""Odd wordings, written last, when the labelling rules stood on the other two banks.

    "Nearly there! All that's left is the {p}."     "{done}, give or take a little."

Slots as in `benchmarks.labelling.wordings`.
"""

CLARIFY = r"""
Nearly there! All that's left is the {p}.
Which {p} shall I take?
Could we start with the {p}?
Please fill in the {p} for me.
I'd appreciate it if you told me the {p}.
One question: should the {p} be anything in particular?
What {p} did you have in mind, and which {q}?
Let me check one thing with you first. What's the {p}?
It depends on the {p}. Which one is it?
Please respond with the {p}.
To {act} I still lack the {p}.
I can {act} for you; could you just give me a {p} to work with?
Would you kindly clarify the {p}?
Happy to. Is there a {p} I should know about?
"""

REFUSE = r"""
That one is out of my league, sorry.
I'm only built for other things, so I won't {act}.
It seems none of my functions will let me {act}.
Sorry, but to {act} is something I'm not set up for.
I have been told not to {act}.
There's no way for me to {act} at present.
Such requests are not covered by my tools.
I must pass on this one: {topic} lie outside my remit.
Regretfully, {topic} can't be handled here.
I don't support {topic}, so please turn to the provider.
Right now I have nothing to {act} with.
I'm unable to do so, as I have no connection to {topic}.
Sorry, no tool of mine is made to {act}.
My role doesn't allow me to {act}.
"""

ANSWER = r"""
{done}, give or take a little.
As requested: {done}.
It is all sorted. {done}!
{done}. Should you need more, just write.
You will need a passport for that, and a visa is required too.
Which one to choose? Most people take the first. {done}.
Unfortunately the shop is closed today. {done}.
Not yet, but it will be there by noon.
{done}. May I help you with something else?
Here's the summary you wanted. {done}.
There is nothing to pay. {done}.
I think you will like it: {done}.
{done}. Have I answered everything?
The rules say that it can be returned within 14 days.
"""
