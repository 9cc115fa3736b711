"""The common `:emoji:` names and their characters."""

import re

_TABLE = """
+1 👍 thumbsup 👍 -1 👎 thumbsdown 👎 eyes 👀 tada 🎉 wave 👋 pray 🙏 clap 👏 raised_hands 🙌
ok_hand 👌 muscle 💪 point_right 👉 point_left 👈 point_up ☝️ point_down 👇 raised_hand ✋
handshake 🤝 writing_hand ✍️ smile 😄 smiley 😃 grinning 😀 grin 😁 joy 😂 rofl 🤣
slightly_smiling_face 🙂 upside_down_face 🙃 wink 😉 blush 😊 innocent 😇 heart_eyes 😍
kissing_heart 😘 yum 😋 sunglasses 😎 thinking_face 🤔 neutral_face 😐 expressionless 😑
confused 😕 worried 😟 slightly_frowning_face 🙁 cry 😢 sob 😭 angry 😠 rage 😡 scream 😱
flushed 😳 sleeping 😴 face_with_rolling_eyes 🙄 hugging_face 🤗 zipper_mouth_face 🤐
nerd_face 🤓 robot_face 🤖 ghost 👻 alien 👽 heart ❤️ broken_heart 💔 blue_heart 💙
green_heart 💚 yellow_heart 💛 purple_heart 💜 sparkles ✨ star ⭐ star2 🌟 dizzy 💫 fire 🔥
100 💯 zap ⚡ boom 💥 rainbow 🌈 sunny ☀️ cloud ☁️ snowflake ❄️ ocean 🌊 earth_africa 🌍
earth_americas 🌎 earth_asia 🌏 full_moon 🌕 new_moon 🌑 rocket 🚀 satellite 🛰️ telescope 🔭
microscope 🔬 milky_way 🌌 comet ☄️ ringed_planet 🪐 astronaut 🧑‍🚀 white_check_mark ✅
heavy_check_mark ✔️ ballot_box_with_check ☑️ x ❌ negative_squared_cross_mark ❎
warning ⚠️ no_entry ⛔ no_entry_sign 🚫 question ❓ grey_question ❔ exclamation ❗
bangbang ‼️ information_source ℹ️ bulb 💡 bell 🔔 no_bell 🔕 lock 🔒 unlock 🔓 key 🔑 mag 🔍
mag_right 🔎 link 🔗 paperclip 📎 pushpin 📌 round_pushpin 📍 book 📖 books 📚 blue_book 📘
closed_book 📕 green_book 📗 orange_book 📙 notebook 📓 page_facing_up 📄 page_with_curl 📃
scroll 📜 newspaper 📰 bookmark 🔖 bookmark_tabs 📑 label 🏷️ file_folder 📁
open_file_folder 📂 card_index 📇 clipboard 📋 memo 📝 pencil 📝 pencil2 ✏️ scissors ✂️
calendar 📆 date 📅 bar_chart 📊 chart_with_upwards_trend 📈 chart_with_downwards_trend 📉
email 📧 envelope ✉️ inbox_tray 📥 outbox_tray 📤 package 📦 mailbox 📫 speech_balloon 💬
thought_balloon 💭 left_speech_bubble 🗨️ mega 📣 loudspeaker 📢 hourglass ⌛
hourglass_flowing_sand ⏳ stopwatch ⏱️ alarm_clock ⏰ arrow_right ➡️ arrow_left ⬅️
arrow_up ⬆️ arrow_down ⬇️ arrows_counterclockwise 🔄 repeat 🔁 rewind ⏪ fast_forward ⏩
heavy_plus_sign ➕ heavy_minus_sign ➖ red_circle 🔴 large_blue_circle 🔵 white_circle ⚪
black_circle ⚫ large_green_circle 🟢 large_yellow_circle 🟡 large_orange_circle 🟠 hammer 🔨
wrench 🔧 hammer_and_wrench 🛠️ gear ⚙️ broom 🧹 wastebasket 🗑️ computer 💻
desktop_computer 🖥️ floppy_disk 💾 electric_plug 🔌 battery 🔋 gift 🎁 trophy 🏆 medal 🏅
dart 🎯 art 🎨 camera 📷 movie_camera 🎥 headphones 🎧 musical_note 🎵 coffee ☕ tea 🍵
beer 🍺 pizza 🍕 cake 🍰 apple 🍎 seedling 🌱 evergreen_tree 🌲 cactus 🌵 four_leaf_clover 🍀
dog 🐶 cat 🐱 bee 🐝 turtle 🐢 bug 🐛 owl 🦉 owl_face 🦉 museum 🏛️ classical_building 🏛️
house 🏠 office 🏢 school 🏫 world_map 🗺️ compass 🧭 ship 🚢 airplane ✈️ car 🚗 bike 🚲
construction 🚧 rotating_light 🚨 sos 🆘 new 🆕
"""
_WORDS = _TABLE.split()

EMOJI: dict[str, str] = dict(zip(_WORDS[::2], _WORDS[1::2], strict=True))
NAME = re.compile(r":([a-z0-9_+-]{1,50}):")
