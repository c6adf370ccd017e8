"""Reading free words in English and Czech: tokens, terms, context, numbers, durations, replies.

Knows nothing of triage; the text is never rewritten, every result carries
offsets into the text as it came.
"""
