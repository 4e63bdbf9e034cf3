// oxlint-disable-next-line typescript/no-empty-object-type -- written from the schema as soon as there is one
export interface Tables {}
