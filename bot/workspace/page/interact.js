// Tells the bot what a person did with an element, and asks them first where the bot wants that.

import { askToConfirm } from "./confirm.js";
import { attempt } from "./toast.js";

/**
 * `place` says where the block stands: {session, channel, ts, thread_ts, view_id, values};
 * `values()` reads the fields of the view. Resolves to whether the action was sent.
 */
export async function act(place, block, action, confirm = null) {
  if (confirm && !(await askToConfirm(confirm))) return false;
  const { session, channel = null, ts = null, thread_ts = null, view_id = null } = place;
  const where = {
    channel,
    ts,
    thread_ts,
    view_id,
    block_id: block.block_id ?? null,
    values: place.values?.(),
  };
  const answer = await attempt(session.post("/client/action", { ...where, action }));
  return answer !== null;
}

/** The elements named in `visible_to_user_ids` exist only for those people. */
export function isVisible(element, session) {
  return element.visible_to_user_ids?.includes(session.me.id) ?? true;
}
