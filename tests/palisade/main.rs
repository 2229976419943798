//! palisade from outside, one module a topic. One binary, since linking the AWS crates is dear.

mod deploy;
