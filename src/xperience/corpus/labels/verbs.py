"""What people do, by groups of verbs that mean the same thing to hands and things.

A group's name comes first. Particles that change the meaning stand with their verb ("turn on"); others are dropped.
"""

from __future__ import annotations

GROUPS: dict[str, str] = {
    "take": "take, pick, grab, get, fetch, retrieve, collect, gather up, pick up, pickup, grasp, grip, "
    "catch, receive, extract, select up, lift off, snatch, acquire",
    "put": "put, place, lay, set down, put down, leave, position, rest, return, put back, put away, replace, stow, store, "
    "deposit, put on, place down, lay down, put aside, set aside, locate, park, dump down, lean",
    "insert": "insert, put in, put into, place in, place into, place inside, put inside, load, pack, stuff, fit, slot, "
    "tuck, push in, dock, thread, embed, plant, pot, bag, box, deposit into",
    "remove": "remove, unload, take off, take out, pull out of, get out, pull off, strip, detach, take away, clear, disconnect, unplug, take apart, disassemble, "
    "dismantle, unclip, unmount, pick off, eject",
    "wash": "wash, rinse, clean, wipe, lather, wipe down, clean up, wash up, mop, soap, wipe off, cleanse, dust, "
    "sanitise, sanitize, disinfect, polish",
    "dry": "dry, dry off, towel, drip dry, blow dry",
    "open": "open, open up, unseal, uncork, uncap, unzip, unbutton, unfasten, unbuckle, unhook",
    "close": "close, shut, close up, seal shut, cap",
    "stock": "stock, restock, stock up, shelve",
    "turn-on": "turn on, switch on, start, power on, light, ignite, activate, plug on, boot, put on heat",
    "turn-off": "turn off, switch off, power off, shut off, stop machine, deactivate, extinguish, shut down, put off",
    "turn-down": "turn down, reduce, decrease, lower heat",
    "increase": "increase, turn up, raise heat",
    "turn": "turn, rotate, spin, twist, swivel, turn around, swirl, pivot, wind",
    "flip": "flip, flip over, turn over, toss over, overturn, invert",
    "cut": "cut, chop, slice, dice, mince, trim, carve, saw, snip, cut up, crop, shorten, whittle, etch, cut out, cut off, halve, quarter, chop up, clip, shear, "
    "julienne, scissor",
    "pour": "pour, pour in, pour out, tip, decant, pour over, drizzle, dispense, pour into",
    "mix": "mix, stir, whisk, beat, blend, combine, toss, mix up, stir in, whip, fluff",
    "move": "move, shift, transfer, relocate, reposition, guide, push away, move away, bring, drag, swap, push aside",
    "push": "push, wheel, shove, nudge, push down",
    "throw": "throw, throw away, discard, dispose, dump, bin, throw out, toss away, trash, recycle, chuck, get rid",
    "shake": "shake, shake off, jiggle, shake out, rattle, wiggle, agitate",
    "scoop": "scoop, spoon, scoop up, ladle, scoop out, dig, shovel, spoon out, spoon up",
    "adjust": "adjust, change, straighten, fix up, tweak, realign, align, orient, reorient, correct, regulate, tune, modify, reset, "
    "readjust, level, center, centre, customise, customize, refine, fine-tune, finetune",
    "squeeze": "squeeze, wring, squeeze out, wring out, squash, press out, clench, pinch",
    "peel": "peel, peel off, skin, shell, hull, shuck",
    "empty": "empty, empty out, pour away, evacuate",
    "press": "press, push button, click, tap button, press down, push down on, depress, punch, enter code, ring, dial",
    "count": "count, tally, count out, count up",
    "check": "check, test, inspect, examine, verify, review, monitor, check on, compare, weigh up, assess, scan over, identify, evaluate, confirm, proofread",
    "scan": "scan, scan in, swipe card, read barcode",
    "look": "look, look at, read, watch, stare, view, observe, gaze, glance, see, browse, scroll, look through, face, consult, leaf through, flip through, page through, thumb through, turn page, glance at",
    "search": "search, look for, find, seek, search for, scan for, rummage, look in, look inside, look into, browse for, hunt",
    "scrape": "scrape, scrape off, scrape out, scratch, scrape down, shave",
    "fill": "fill, fill up, refill, top up, fill in, replenish, charge up",
    "apply": "apply, spread, squirt, smear, dab, apply to, paint on, lubricate, spread out on, add glue, glue on",
    "paint": "paint, colour, color, varnish, brush on, dye, decorate",
    "draw": "draw, sketch, doodle",
    "write": "write, write down, sign, note, note down, jot, fill out, fill form, record, mark down, take note, take notes, document, "
    "log, transcribe",
    "label": "label, tag",
    "fold": "fold, fold up, crease, fold over, tuck in",
    "scrub": "scrub, scour, rub clean",
    "sand": "sand, file, smooth, grind down, plane, buff",
    "break": "break, crack, snap, break up, break off, split, break apart, smash",
    "pull": "pull, tow, pull out, tug, pull down, pull up, pull open, yank, draw out, haul",
    "pat": "pat, pat down, tap, pat dry, slap, knock, tap on",
    "hammer": "hammer, nail, hit, strike, pound, hammer in, drive in, bang, hammer down, beat down",
    "drill": "drill, bore, drill into",
    "lift": "lift, raise, lift up, hoist, elevate, pick upwards, hold up",
    "hold": "hold, keep hold, hold onto, grip onto, support, carry in hand, clasp, cradle, clutch, brace, balance, steady, hold down, stabilise, stabilize",
    "carry": "carry, transport, deliver, carry over, take to",
    "eat": "eat, taste, bite, chew, sample, nibble, lick, try food",
    "drink": "drink, sip, gulp, swallow",
    "wrap": "wrap, tie, seal, roll up, wrap up, cover up, bind, reseal, bandage, tie up, knot, bundle, wrap around",
    "tape": "tape, tape up, tape down, stick tape",
    "stick": "stick, glue, paste, stick on, adhere, glue together, stick down",
    "cover": "cover, cover with, lid, mask, blanket",
    "filter": "filter, drain, sieve, strain, sift, drain off, drain out",
    "unroll": "unroll, unfold, spread out, roll out, lay out, unfurl, unravel, uncoil, unwind, open out",
    "sort": "sort, arrange, rearrange, organise, organize, sort out, stack, tidy, tidy up, pile, classify, group, stack up, line up, "
    "reorganize, reorganise, order, declutter, sort through, set table, set out, display, pile up",
    "hang": "hang, hang up, hook, suspend, hang on",
    "sprinkle": "sprinkle, scatter, dust with, strew, crumble over",
    "rip": "rip, tear, tear off, rip off, rip open, tear open, shred, tear up",
    "spray": "spray, squirt spray, mist, spritz, spray on",
    "cook": "cook, fry, boil, heat, saute, roast, grill, steam, simmer, warm, warm up, heat up, brew, toast, poach, "
    "braise, stir fry, reheat, microwave, percolate, prepare coffee, brew up",
    "bake": "bake, bake in",
    "add": "add, add in, add to, supplement, mix into, include, include in",
    "roll": "roll, coil, roll over, roll around, roll dough",
    "crush": "crush, grind, mash, pulverise, grind up, mash up, press garlic, pound up, mill, crumble, bash",
    "stretch": "stretch, stretch out, stretch arms",
    "knead": "knead, work dough, massage",
    "divide": "divide, separate, split up, part, detach from each other, portion, pull apart, distribute, share, deal",
    "set": "set, set up, setup, program, set timer, configure, calibrate, set to",
    "feel": "feel, touch, feel around, sense, stroke, pet",
    "rub": "rub, rub in, rub together, massage in",
    "soak": "soak, immerse, dip, submerge, marinate, dunk, wet, moisten, dampen, soak in",
    "brush": "brush, brush off, sweep, comb, brush teeth, sweep up, brush hair, rake",
    "vacuum": "vacuum, hoover, vacuum up",
    "sharpen": "sharpen, hone, whet",
    "drop": "drop, let fall, drop off, release down, drop into, drop in, spill",
    "slide": "slide, slide in, slide out, slide over, glide",
    "swipe": "swipe, swipe screen",
    "water": "water, irrigate, water plants",
    "gather": "gather, gather together, assemble items, accumulate, round up, bring together",
    "attach": "attach, plug, plug in, connect, fix, fasten, clip on, join, link, mount, hook up, assemble, install, "
    "attach to, build, put together, construct, secure, pin, clamp, button, buckle, zip, zip up, join together, "
    "staple, bolt, fix on, fit together, interlock, reassemble, tether, interconnect",
    "coat": "coat, grease, bread, glaze, cover in, oil pan, butter pan, oil",
    "walk": "walk, go, walk to, head, step, approach, transition, advance, retreat, wander, stroll, pace, hurry, rush, march, patrol, pass by, pass through, back away, enter, exit, come, move to, return to, leave room, "
    "travel, run, climb, navigate, arrive, proceed, walk over, walk towards, walk around, go to, cross, climb up",
    "stand": "stand, stand up, get up, rise",
    "sit": "sit, sit down, sit up, seat",
    "crouch": "crouch, kneel, squat, bend down, bend over, lean over, stoop, kneel down, crouch down, squat down",
    "wear": "wear, put on glove, dress, don, wear on, put on shoe, get dressed",
    "undress": "undress, take off clothes, remove clothes",
    "measure": "measure, weigh, measure out, weigh out, gauge, size up",
    "screw": "screw, screw in, screw on, tighten, screw down, tighten up, bolt on, fasten screw",
    "unscrew": "unscrew, loosen, screw off, undo, unbolt, twist off",
    "wait": "wait, pause, take break, have break, stand still, idle, rest a while, remain, relax, do nothing, stay, wait for",
    "lower": "lower, let down, bring down",
    "form": "form, shape, make, make into, mould, mold, sculpt, model, create, craft",
    "knit": "knit, crochet, weave, braid, plait",
    "sew": "sew, stitch, embroider, quilt",
    "smell": "smell, sniff",
    "use": "use, operate, handle, utilise, utilize, play, play with, work, work on, interact, conduct, execute, undertake, manipulate, control, "
    "work with, do, perform, play game, use phone",
    "grate": "grate, zest",
    "let-go": "let go, release, let go of",
    "finish": "finish, end, complete, stop, finish up, finalise, finalize, conclude",
    "stab": "stab, pierce, poke, prick, puncture, prod, spear, skewer",
    "serve": "serve, plate, serve up, dish, dish up, plate up, dish out, hand out, present",
    "give": "give, hand, hand over, pass, give back, offer, hand to, pass over, hand back",
    "uncover": "uncover, reveal, expose",
    "unwrap": "unwrap, unpack, untie, open packaging, unbox, unbag, take out of packet, undo wrapping, unpackage",
    "choose": "choose, select, pick out, decide, choose from",
    "lock": "lock, latch, bolt door, lock up",
    "unlock": "unlock, unlatch",
    "flatten": "flatten, flatten out, press flat, roll flat, iron, smooth out, compress, even out, iron out",
    "switch": "switch, swap over, exchange, alternate, switch over, toggle, switch between",
    "season": "season, salt, pepper, sweeten, flavour, flavor, spice, salt and pepper",
    "prepare": "prepare, get ready, ready, preheat, prep, set ready, start preparing",
    "mark": "mark, mark out, trace, outline, highlight, tick, stamp, score",
    "bend": "bend, curve, bend back, flex",
    "unfreeze": "unfreeze, defrost, thaw",
    "talk": "talk, speak, chat, discuss, converse, say, tell, greet, explain, acknowledge, thank, reply, respond, notify, announce, describe, present to, ask, answer, call, show, communicate, "
    "talk to, demonstrate, instruct, laugh",
    "gesture": "gesture, point, point at, nod, wave, wave at, wave hand, signal, beckon",
    "photograph": "photograph, film, record video, take photo, take picture, take photograph, capture",
    "type": "type, type in, type on, key in, text",
    "exercise": "exercise, train, work out, dance, jump, do yoga, practise, practice",
    "groom": "groom, shave face, style hair, apply makeup, wash hair, floss",
    "pay": "pay, buy, purchase, check out, pay for, order online",
    "feed": "feed, feed with, nurse",
    "harvest": "harvest, pick fruit, reap, pluck, prune, weed",
    "reach": "reach, reach for, reach out, reach out for, reach to, reach into, reach in, reach toward, reach towards, reach over, reach across, reach under, reach inside, reach down, reach up",
    "expand": "expand, enlarge, widen, spread apart, extend, broaden",
    "inflate": "inflate, blow up, pump up, puff, puff up, pump",
    "deflate": "deflate, let out air",
    "retract": "retract, pull back, draw back, withdraw",
    "begin": "begin, initiate, commence, launch",
    "continue": "continue, resume, carry on, keep on, go on",
    "try": "try, attempt",
    "help": "help, assist, aid",
    "shop": "shop, shop for",
    "process": "process",
    "manage": "manage, maintain, oversee, service",
    "repair": "repair, mend, patch, restore, troubleshoot",
    "collapse": "collapse, contract, shrink, compact",
    "lace": "lace, lace up",
    "hide": "hide, conceal",
    "print": "print, photocopy, copy",
    "play": "play music, play song",
    "listen": "listen, listen to, hear",
    "think": "think, contemplate, plan, ponder, consider, imagine",
    "aim": "aim, target",
    "blow": "blow, blow on, blow off, exhale",
    "sleep": "sleep, nap, lie down, wake",
}
"""Canonical verb to the phrases that mean it, joined by commas."""

ALONE = [
    "update", "edit", "delete", "save", "erase", "refresh", "sync", "pair", "compile", "overlap", "nest", "crumple", "loop", "quill", "price", "kick", "bounce", "juggle", "shuffle", "strum", "solder", "weld", "mow", "garnish", "frost", "tilt", "hover",
    "flick", "untangle", "engage", "laminate", "engrave", "emboss", "charge", "download", "upload", "drive", "steer",
    "ride", "swim", "hunt", "vote", "sing", "whistle", "clap", "bow", "yawn", "stretch", "sneeze", "cough", "breathe",
    "cry", "smile", "blink", "rehearse", "study", "learn", "teach", "guard", "protect", "rescue", "solve", "guess",
    "estimate", "calculate", "compute", "simulate", "digest", "absorb", "melt", "freeze", "chill", "cool", "ferment",
    "proof", "sway", "wax", "crimp", "curl", "tease", "shine", "treat", "heal", "cure", "inject", "vaccinate",
    "swallow", "pump", "spill", "clog", "unclog", "flush", "dissolve", "evaporate", "ship", "send", "email",
    "schedule", "rent", "hire", "lend", "borrow", "steal", "trade", "bid", "vend", "host", "invite", "welcome",
    "visit", "meet", "hug", "kiss", "pray", "follow", "accompany", "escort", "lead", "chase", "race", "dodge", "block", "defend", "attack",
    "shoot", "aim", "tackle", "wrestle",
]  # fmt: skip
"""Verbs that are a group of their own; listed so that they are known for verbs."""

IRREGULAR: dict[str, str] = {
    "took": "take", "taken": "take", "got": "get", "gotten": "get", "held": "hold", "cut": "cut", "put": "put",
    "ate": "eat", "eaten": "eat", "drank": "drink", "drunk": "drink", "tore": "tear", "torn": "tear", "wrote": "write",
    "written": "write", "broke": "break", "broken": "break", "threw": "throw", "thrown": "throw", "went": "go",
    "gone": "go", "left": "leave", "brought": "bring", "found": "find", "gave": "give", "given": "give", "hung": "hang",
    "kept": "keep", "laid": "lay", "lit": "light", "made": "make", "meant": "mean", "read": "read", "shut": "shut",
    "slid": "slide", "sat": "sit", "stood": "stand", "spun": "spin", "stuck": "stick", "swept": "sweep", "said": "say",
    "wore": "wear", "worn": "wear", "wound": "wind", "saw": "saw", "seen": "see", "shook": "shake", "shaken": "shake",
    "chose": "choose", "chosen": "choose", "bent": "bend", "bound": "bind", "caught": "catch", "drew": "draw",
    "drawn": "draw", "fed": "feed", "fell": "fall", "felt": "feel", "ground": "grind", "hid": "hide", "knelt": "kneel",
    "lying": "lie", "tying": "tie", "dying": "die", "was": "be", "were": "be", "is": "be", "are": "be", "being": "be",
    "did": "do", "done": "do", "does": "do", "has": "have", "had": "have", "began": "begin", "came": "come", "ran": "run",
    "sewn": "sew", "sent": "send", "built": "build", "dug": "dig", "swung": "swing", "woven": "weave", "wove": "weave",
}  # fmt: skip

STARTERS = frozenset([
    "continue", "still", "keep", "start", "begin", "try", "attempt", "help", "resume", "go", "proceed", "stop", "now",
    "then", "again", "quickly", "slowly", "carefully", "gently", "just", "also", "finally", "almost", "partially",
    "fully", "repeatedly", "the", "a", "person", "user", "man", "woman", "hand", "hands", "left", "right", "both",
    "is", "are", "be", "they", "he", "she", "someone", "wearer", "camera-wearer", "subject", "participant", "c", "o",
])  # fmt: skip
"""Words before the verb that say how, not what; skipped where a verb follows them."""

GOING = frozenset([
    "move", "shift", "relocate", "head", "back", "progress", "return", "advance", "transfer",
])  # fmt: skip
"""Verbs of moving things that, without a thing, say that somebody goes."""

OBJECTS = frozenset(["break", "note", "notes", "photo", "picture", "photograph", "nap"])
"""Nouns that end a verb phrase and name no thing of their own: "take a break"."""

PARTICLES = frozenset([
    "up", "down", "on", "off", "out", "in", "over", "away", "back", "into", "onto", "inside", "around", "apart",
    "together", "through", "at", "for", "to", "from", "with", "aside", "along", "open", "shut", "forward", "towards",
    "toward", "under", "between", "across",
])  # fmt: skip
