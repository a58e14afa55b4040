const help = `
  Wrong: store_memory({ tags: ["done"] })
  Right: store_memory({ tags: ["type:lesson"] })
`;
export const show = () => log(help);
