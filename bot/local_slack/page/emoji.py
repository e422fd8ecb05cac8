"""The shortcodes that service desks use, as characters."""

import re

_CODES = {
    "+1": "👍", "-1": "👎", "thumbsup": "👍", "thumbsdown": "👎", "white_check_mark": "✅", "heavy_check_mark": "✔️",
    "x": "❌", "warning": "⚠️", "rotating_light": "🚨", "eyes": "👀", "wave": "👋", "tada": "🎉", "bulb": "💡",
    "lock": "🔒", "unlock": "🔓", "key": "🔑", "closed_lock_with_key": "🔐", "ticket": "🎫", "memo": "📝",
    "pencil": "✏️", "mag": "🔍", "hourglass": "⌛", "hourglass_flowing_sand": "⏳", "alarm_clock": "⏰",
    "bell": "🔔", "no_bell": "🔕", "computer": "💻", "printer": "🖨️", "phone": "☎️", "iphone": "📱", "email": "📧",
    "book": "📖", "books": "📚", "page_facing_up": "📄", "clipboard": "📋", "file_folder": "📁", "link": "🔗",
    "gear": "⚙️", "wrench": "🔧", "hammer_and_wrench": "🛠️", "robot_face": "🤖", "question": "❓", "grey_question": "❔",
    "exclamation": "❗", "information_source": "ℹ️", "speech_balloon": "💬", "busts_in_silhouette": "👥",
    "bust_in_silhouette": "👤", "star": "⭐", "heart": "❤️", "fire": "🔥", "rocket": "🚀", "house": "🏠",
    "red_circle": "🔴", "large_green_circle": "🟢", "large_yellow_circle": "🟡", "large_orange_circle": "🟠",
    "large_blue_circle": "🔵", "white_circle": "⚪", "black_circle": "⚫", "arrow_right": "➡️", "arrow_left": "⬅️",
    "arrow_up": "⬆️", "arrow_down": "⬇️", "repeat": "🔁", "arrows_counterclockwise": "🔄", "no_entry": "⛔",
    "no_entry_sign": "🚫", "stop_sign": "🛑", "shield": "🛡️", "pray": "🙏", "smile": "😄", "slightly_smiling_face": "🙂",
    "disappointed": "😞", "neutral_face": "😐", "thinking_face": "🤔", "calendar": "📅", "inbox_tray": "📥",
    "outbox_tray": "📤", "package": "📦", "chart_with_upwards_trend": "📈", "zap": "⚡", "raising_hand": "🙋",
    "handshake": "🤝", "ok_hand": "👌", "clap": "👏", "100": "💯", "pushpin": "📌", "label": "🏷️", "sos": "🆘",
}  # fmt: skip
QUICK_REACTIONS = ("+1", "white_check_mark", "eyes", "tada")
_SHORTCODE = re.compile(r":([a-z0-9_+-]+):")


def emoji(name: str) -> str:
    """The character of a shortcode without its colons; the shortcode itself when it is not known."""
    return _CODES.get(name, f":{name}:")


def with_emoji(text: str) -> str:
    """The text with its known shortcodes replaced."""
    return _SHORTCODE.sub(lambda match: _CODES.get(match[1], match[0]), text)
