//! Programs that use the client: one file each.

fn main() {}
