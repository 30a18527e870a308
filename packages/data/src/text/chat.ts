/** How a model of conversations writes one down, as a Jinja template, and the special tokens that it names. */
export interface ChatTemplate {
  readonly source: string;
  readonly tokens: { readonly [name: string]: string };
}

export interface Message {
  /** system, user or assistant. */
  readonly role: string;
  readonly content: string;
}
