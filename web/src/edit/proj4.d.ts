// The parts of proj4 that are used, without the projections that are not: the package types its whole alone.
declare module 'proj4/lib/core' {
  export default function proj4(definition: string): {
    forward(at: [number, number]): [number, number];
    inverse(at: [number, number]): [number, number];
  };
}
declare module 'proj4/lib/Proj' {
  const Proj: { projections: { add(projection: unknown): void } };
  export default Proj;
}
declare module 'proj4/lib/projections/etmerc' {
  const etmerc: unknown;
  export default etmerc;
}
