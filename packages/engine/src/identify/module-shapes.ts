/** What a tensor is within its module, under one name for all layouts. */
export type Role = string;

/** Shapes of the few tensors of a module by their roles: two short lists, of which a file with thousands of modules makes thousands. */
export class ModuleShapes {
  readonly roles: Role[] = [];
  readonly shapes: (readonly number[])[] = [];

  get(role: Role): readonly number[] | undefined {
    const at = this.roles.indexOf(role);
    return at < 0 ? undefined : this.shapes[at];
  }

  has(role: Role): boolean {
    return this.roles.includes(role);
  }

  set(role: Role, shape: readonly number[]): this {
    const at = this.roles.indexOf(role);
    if (at < 0) {
      this.roles.push(role);
      this.shapes.push(shape);
    } else this.shapes[at] = shape;
    return this;
  }
}
