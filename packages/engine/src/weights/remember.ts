/**
 * Asks a question about an object once, and remembers the answer as long as the object is there. Files of one trainer share one list of
 * tensors, so that who looks at thousands of files finds out most things about them once.
 */
export function remember<Subject extends object, Answer>(
  ask: (subject: Subject) => Answer,
): (subject: Subject) => Answer {
  const answers = new WeakMap<Subject, { readonly answer: Answer }>();
  return (subject) => {
    let known = answers.get(subject);
    if (known === undefined) answers.set(subject, (known = { answer: ask(subject) }));
    return known.answer;
  };
}
