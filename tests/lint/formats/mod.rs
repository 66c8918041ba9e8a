//! What is printed: the formats, the choice of codes, and their explanations.

mod choice;
mod codes;
mod sarif;
mod text;
