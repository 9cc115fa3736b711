"""assistant.threads.*: what the bot shows around an answer."""

from bot.workspace.arguments import Arguments, missing
from bot.workspace.backend import Backend
from bot.workspace.methods.lookup import joined_channel
from bot.workspace.objects import Channel, Json
from bot.workspace.refusal import Refused

MAX_LOADING_MESSAGES = 10
MAX_PROMPTS = 4
SESSION_STATUSES = ("active", "processing", "suspended", "closed")


def set_status(backend: Backend, args: Arguments) -> Json:
    """An empty status clears it."""
    channel, thread_ts = _thread(backend, args)
    if not args.has("status"):
        raise missing("status")
    loading = args.structure("loading_messages") or []
    if not isinstance(loading, list) or len(loading) > MAX_LOADING_MESSAGES:
        raise Refused("invalid_arguments", "no more than 10 loading_messages allowed")
    backend.conversation.set_status(channel, thread_ts, args.text("status"))
    return {}


def set_session_status(backend: Backend, args: Arguments) -> Json:
    """Only `processing` says that the bot works; everything else takes its status line away."""
    channel, thread_ts = _thread(backend, args)
    if args.required("status") not in SESSION_STATUSES:
        raise Refused("invalid_arguments", f"status is one of {', '.join(SESSION_STATUSES)}")
    if args.text("status") != "processing":
        backend.conversation.set_status(channel, thread_ts, "")
    return {}


def set_suggested_prompts(backend: Backend, args: Arguments) -> Json:
    channel = joined_channel(backend, args, "channel_id")
    prompts = args.objects("prompts", "invalid_arguments")
    if not prompts or not all(p.get("title") and p.get("message") for p in prompts):
        raise Refused("invalid_arguments", "every prompt needs a title and a message")
    if len(prompts) > MAX_PROMPTS:
        raise Refused("invalid_arguments", f"no more than {MAX_PROMPTS} prompts allowed")
    shown = [{"title": str(p["title"]), "message": str(p["message"])} for p in prompts]
    body = {"title": args.text("title"), "prompts": shown}
    backend.conversation.set_prompts(channel, body)
    return {}


def set_title(backend: Backend, args: Arguments) -> Json:
    channel, thread_ts = _thread(backend, args)
    backend.team.titles[channel.id, thread_ts] = args.required("title")
    return {}


def _thread(backend: Backend, args: Arguments) -> tuple[Channel, str]:
    channel = joined_channel(backend, args, "channel_id")
    thread_ts = args.required("thread_ts")
    if backend.team.message(channel.id, thread_ts) is None:
        raise Refused("invalid_thread_ts")
    return channel, thread_ts
