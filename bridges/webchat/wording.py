"""The sentences of the widget: the key its script uses, and the msgid of the domain ``widget``."""

from brigade.texts import Texts

WIDGET = Texts("widget")

SENTENCES = {
    "launch": "Chat with a gendarme",
    "launch_neutral": "Chat",
    "close": "Minimise",
    "exit": "Exit quickly",
    "loading": "Loading…",
    "frame_title": "Message window",
    "down": (
        "The chat does not answer for now. Please try again in a few minutes. In an emergency, call one of "
        "these numbers."
    ),
    "no_script": (
        "This chat needs JavaScript. You can also go to a police station or a gendarmerie at any hour, or "
        "call one of the numbers above."
    ),
    "not_emergency": "This chat is not an emergency service.",
    "danger": "In danger? Call or text:",
    "consent": (
        "By starting, you agree that the gendarmerie reads and keeps what you write, in order to answer you. "
        "No name, phone number or e-mail address is needed."
    ),
    "context": "The gendarme will see which page of this site you were reading.",
    "prevention": "Prevention",
    "start": "Start the conversation",
    "options": "Optional details",
    "pseudonym": "Pseudonym (optional)",
    "pseudonym_hint": "What should we call you? Your real name is not needed.",
    "postcode": "Postcode of the place concerned (optional)",
    "postcode_hint": "In France, 5 digits, for example 35000.",
    "postcode_wrong": (
        "A French postcode has 5 digits, for example 35000. Correct it, leave it empty, or tick the box below."
    ),
    "unknown": "Town not known",
    "busy": "Many people are writing to us. Please try again in {n} seconds.",
    "start_refused": "The conversation could not be opened.",
    "start_offline": "No connection. Check your network, then press the button again.",
    "open_now": "Answers at any hour.",
    "closed_now": "No gendarme is available right now. You can write: your message will be read.",
    "messages": "Messages",
    "history": "Earlier messages",
    "log": "Conversation",
    "you": "You",
    "gendarme": "Gendarme",
    "assistant": "Automatic assistant",
    "your_message": "Your message",
    "send": "Send",
    "keys": "Enter sends, Shift+Enter starts a new line.",
    "empty": "Write a message first, or add a file.",
    "left": "Characters left: {n}",
    "too_long": "The message is too long by {n} characters. Send it in several parts.",
    "sending": "Sending…",
    "sent": "Sent",
    "read": "Read",
    "waiting": "Not sent yet: we keep trying.",
    "failed": "Not sent.",
    "retry": "Try again",
    "discard": "Remove",
    "edited": "edited",
    "edited_notice": "A message was edited.",
    "deleted": "Message deleted",
    "deleted_notice": "A message was deleted.",
    "more": "New messages: {n}",
    "new_window": "opens a new window",
    "typing": "The gendarme is writing…",
    "reference": "Reference {reference}",
    "state_received": "The conversation is open.",
    "state_waiting": "A gendarme will answer you here.",
    "state_position": "Your place in the queue: {position}.",
    "state_minutes": "Estimated wait: {minutes} min.",
    "state_in_progress": "A gendarme is with you.",
    "state_handed_over": "A local unit is following your conversation.",
    "state_closed": "The conversation is over.",
    "offline": "Connection lost. We keep trying; your messages will leave as soon as it is back.",
    "online": "The connection is back.",
    "attach": "Add a file",
    "description": "What does the file show? (optional)",
    "remove_file": "Remove the file",
    "file_added": "File added: {file}",
    "file_removed": "File removed: {file}",
    "file_sent": "File sent",
    "uploading": "Sending the file: {percent} %",
    "file_type": "This kind of file cannot be sent. Choose a picture (JPEG, PNG, GIF, WebP) or a PDF.",
    "file_size": "This file is too large ({size}). The limit is {max}: choose a smaller one.",
    "file_empty": "This file is empty. Choose another one.",
    "show_image": "Show the picture",
    "save_file": "Save the file on this device",
    "saved": "Saved among your downloads: delete it there if this device is not only yours.",
    "image_alt": "Picture received",
    "file_unavailable": "The file cannot be opened for now. Try again later.",
    "choose": "Choose an answer",
    "choose_value": "Choose a number first.",
    "answer": "Answer",
    "your_answer": "Your answer: {answer}",
    "worst": "not at all satisfied",
    "best": "very satisfied",
    "rate_title": "Your opinion",
    "rate": "How satisfied are you with this conversation?",
    "resolved": "Did you get the help you needed?",
    "yes": "Yes",
    "no": "No",
    "comment": "Comment (optional)",
    "rate_send": "Send my opinion",
    "rate_skip": "Skip",
    "rating_failed": "Your opinion could not be sent. Try again, or skip.",
    "thanks": "Thank you for your opinion.",
    "idle": "Are you still there? This screen will be covered in one minute. Press any key to stay.",
    "keep_on": "Stay",
    "covered_title": "Screen covered",
    "covered": "Nobody has used this window for a while, so its content is hidden. Nothing is lost.",
    "resume": "Resume",
    "finish": "Finish and erase",
    "finish_title": "Finish the conversation?",
    "finish_text": (
        "The messages disappear from this window and cannot be opened here again. The gendarmerie keeps them "
        "for as long as the law provides."
    ),
    "finish_rate": "Give my opinion first",
    "finish_no": "Go on writing",
    "erased_title": "Messages erased",
    "erased": "The messages are no longer in this window.",
    "erased_server": "Nobody can open this conversation from a browser any more.",
    "erased_later": (
        "No connection: the conversation will be closed on our side as soon as it is back. Leave this window "
        "open if you can."
    ),
    "history_stays": "Your browser’s history still shows the pages you visited.",
    "lost_title": "Conversation no longer available",
    "lost": "This conversation was ended or has expired. You can start a new one.",
    "restart": "New conversation",
    "language": "Language",
    "safety": "Safety advice",
    "safety_short": "“Exit quickly” hides this page at once. It does not erase your browsing history.",
    "safety_exit": (
        "“Exit quickly”, or the Shift key pressed three times, hides this page, ends the conversation and "
        "opens a neutral site."
    ),
    "safety_history": "It does not erase your browsing history: the pages visited before stay in it.",
    "safety_spy": "Someone who watches this device (spyware, shared account, network) may see what you do on it.",
    "safety_private": "If you can, use a private window, or a device that nobody else uses.",
    "safety_clear": "Clearing the whole history can raise suspicion: remove only the pages concerned.",
    "safety_back": "You can come back at any time and start a new conversation.",
    "back": "Back",
    "invite": "Write your message: a gendarme will read it and answer here.",
}

LAUNCHER = ("launch", "launch_neutral", "close", "exit", "loading", "frame_title", "down")


def sentences(language: str) -> dict[str, str]:
    """Every sentence of the frame in ``language``."""
    return {key: WIDGET(language, msgid) for key, msgid in SENTENCES.items()}


def launcher_sentences(language: str) -> dict[str, str]:
    """The few sentences the host page needs before the frame is loaded."""
    return {key: WIDGET(language, SENTENCES[key]) for key in LAUNCHER}
