declare module "ydf-training" {
  const load: unknown;
  export default load;
}
declare module "ydf-inference" {
  const load: unknown;
  export default load;
}
