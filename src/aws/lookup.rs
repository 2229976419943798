//! Bulk reads of what palisade does not manage: VPCs, subnets, route tables, prefix lists, the OU tree.
