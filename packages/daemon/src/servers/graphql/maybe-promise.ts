/** Answers that are there as a rule, and have to be waited for now and then. */
export type MaybePromise<Value> = Value | Promise<Value>;

/** What is made of a value, at once if it is there. */
export function whenThere<Value, Made>(value: MaybePromise<Value>, make: (value: Value) => Made): MaybePromise<Made> {
  return value instanceof Promise ? value.then(make) : make(value);
}
