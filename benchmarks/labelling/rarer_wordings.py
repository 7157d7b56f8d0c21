"""Rarer and harder wordings: terse, roundabout, and answers that look like something else.

    "You'd have to give me the {p} first."     "A deposit is required at check-in. {done}."

Written after the labelling rules had been made on `benchmarks.labelling.wordings`; slots as there.
"""

CLARIFY = r"""
Sure thing - what {p} are we talking about?
Could I trouble you for the {p}?
{p}, please?
Hmm, I see more than one possibility. Is there a specific {p} you have in mind?
I'd need to know which {p} you're after.
What about the {p}?
Quick question before I start: what's the {p} going to be?
We still need a {p} to {act}.
Got everything except the {p}. What is it?
I will gladly {act} as soon as I have the {p}.
For that, I'm going to have to ask you for the {p}.
You'd have to give me the {p} first.
It would help to know the {p}.
The one thing I don't know yet is the {p}.
I don't see a {p} in your message. Could you share it?
Can I ask for the {p}?
Okay! Before we continue, would you kindly let me know the {p}?
Happy to {act}! I just need a bit more information: what's the {p}, and what {q} do you want?
Let's {act}. First of all, the {p}?
Your request doesn't include the {p}, which I need in order to {act}.
Would you prefer a particular {p}?
Tell me a bit more: which {p} did you mean?
To {act} I have to know the {p}. Could you specify this?
Please be more specific about the {p}.
Is the {p} the same as last time, or a different one?
May I know the {p}?
Do you know the {p}?
Care to tell me the {p}?
Awaiting the {p} from you.
"""

REFUSE = r"""
No can do, sorry: nothing here lets me {act}.
That's not something my tools allow.
I'm really sorry, but helping you {act} is not possible for me.
You'll have to {act} yourself, I'm afraid; I've no tool for it.
Unfortunately I don't have a function that could {act}.
I can only help with other subjects, so {topic} is out of reach.
There doesn't seem to be any tool that can {act}.
I was not given the means to {act}.
As a language model I can't {act}.
This request can't be fulfilled with the functions provided.
The available functions do not include one to {act}.
Sorry, {topic} isn't part of what I can do here.
I'd suggest you contact the provider, since I cannot {act} from here.
It is beyond me to {act}.
My apologies! I'm not in a position to {act}.
Afraid not. I can't {act}.
At the moment I have no access to {topic}, so I'd recommend checking their website.
I don't think I can {act}.
Without a suitable tool I can't {act}.
I do not have up-to-date information about {topic}.
I'm just an assistant for other things and not able to {act}.
This action is not supported.
We don't offer {topic} here.
Neither of my tools is able to {act}.
Given the functions at hand, I can't {act}.
I must refuse: I have no permission to {act}.
I'm not able to look into {topic} at this time. Please consult a professional.
"""

ANSWER = r"""
A deposit is required at check-in. {done}.
You need to restart the app before it works.
What is it good for? It saves time. {done}.
{done} - you don't need to do anything else.
{done}. Please allow two days for it to arrive.
{done}, as you asked.
Yes.
No, there isn't any.
OK, {done}.
I've checked: {done}. Shall I do anything else for you?
There are two ways: either you do it online or you call them. The first one is free.
You can't do it on a Sunday, but on all other days you can.
Children under six cannot travel alone.
I looked everywhere and could not find anything under that name.
{done}. Are there any other things I can do for you?
{done}. Would you like any other information?
{done}. Anything else?
All done! {done}. Is there something more I can help with?
{done}. Thanks for waiting!
In general, {topic} should be booked in advance, and you may need an ID.
To answer your question: {done}.
Please find the result below. {done}.
{done}. I hope that answers your question?
Sure! First, open the settings. Then choose the entry you need, and press OK.
The most popular choice is the second one, which most people prefer.
{done}. Don't hesitate to reach out if you need more.
Hello! How can I help you today?
The cheapest option costs 12.90 and the fastest one 18.40.
Sorry for the delay. {done}.
{done}. Need anything else?
"""
