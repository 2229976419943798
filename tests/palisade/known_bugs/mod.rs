mod groups;
mod input;
mod policies;
