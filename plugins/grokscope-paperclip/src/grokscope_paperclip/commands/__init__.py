"""The commands `grokscope paperclip ...`: parse, call, print."""
