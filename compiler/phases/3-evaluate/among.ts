/** What a value of the run can be, as far as lists and tables that are known at build time tell. */
import { nullish, truth } from "./shape.ts";
import { type Facts, known, UNDEFINED, type Value } from "./value.ts";

type Among = Pick<Facts, "among" | "missable">;

/** Of longer lists nothing is said. */
const MOST = 2_000;

/** What a value can be: itself where it is known, its alternatives where they are. */
export function amongOf(value: Value): Among {
  switch (value.type) {
    case "Residual": {
      const { among, missable } = value.facts;
      return among ? { among, ...(missable && { missable }) } : {};
    }
    case "Known":
    case "Instance":
    case "Object":
    case "Array":
      return { among: [value] };
    case "Choice":
      return either(amongOf(value.then), amongOf(value.else));
    default:
      return {};
  }
}

/** Of two values one. */
export function either(a: Among, b: Among): Among {
  if (!a.among || !b.among) return {};
  const among = [...new Set([...a.among, ...b.among])];
  return among.length > MOST ? {} : { among, ...((a.missable || b.missable) && { missable: true as const }) };
}

/** The members of a list or table under a key that only the run knows. */
export function amongMembers(target: Value): Among {
  const members: Value[] = [];
  if (target.type === "Object") members.push(...target.props.values());
  else if (target.type === "Array") {
    for (const item of target.items) {
      if (item.type === "SpreadItem") return {};
      members.push(item);
    }
  } else return {};
  const all = members.map(amongOf);
  if (members.length > MOST || all.some(({ among }) => !among)) return {};
  return all.reduce(either, { among: [], missable: true });
}

/** The items of a list that is walked. */
export function amongItems(target: Value): Among {
  const { among } = amongMembers(target);
  return among ? { among } : {};
}

/** `value.key`, where all that the value can be is known. */
export function amongAt(value: Among, key: string, optional: boolean): Among {
  if (!value.among) return {};
  const found: Among[] = value.among.map((one) => {
    if (nullish(one)) return { among: optional ? [UNDEFINED] : [] };
    if (one.type === "Object") {
      const member = one.props.get(key) ?? UNDEFINED;
      return member.type === "Closure" && member.getter ? {} : amongOf(member);
    }
    if (one.type !== "Array" || one.items.some((item) => item.type === "SpreadItem")) return {};
    return /^(0|[1-9]\d*)$/.test(key) ? amongOf((one.items[Number(key)] as Value) ?? UNDEFINED) : {};
  });
  const missed = optional && value.missable ? { missable: true as const } : {};
  return found.reduce(either, { among: [], ...missed });
}

/** `left && right`, `left || right`, `left ?? right`. */
export function amongLogical(op: "&&" | "||" | "??", left: Value, right: Value): Among {
  const a = amongOf(left);
  const b = amongOf(right);
  if (!b.among) return {};
  if (!a.among) return op === "&&" ? either({ among: [UNDEFINED, known(false)] }, b) : {};
  const stays = (one: Value): boolean =>
    op === "&&" ? truth(one) !== true : op === "||" ? truth(one) !== false : nullish(one) !== true;
  const { missable } = op === "&&" ? a : { missable: undefined };
  return either({ among: a.among.filter(stays), ...(missable && { missable }) }, b);
}
