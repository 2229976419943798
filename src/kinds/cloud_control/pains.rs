//! What hurt others who built on Cloud Control (awscc, pulumi-aws-native, drift detectors), by the
//! numbers of the project's notes; what prevents it here; and the test that shows it. A test reads
//! this table: each number stands once, and each test exists.
//!
//! * 1, 3, 5: order of lists on reading. Lists are multisets unless the overlay says otherwise.
//!   `lists_are_multisets_unless_their_order_means_something`
//! * 2: a patch by index hits another item. Lists are written whole.
//!   `a_list_is_sent_whole_with_what_aws_has_of_the_items_that_are_as_wanted`
//! * 4: lists with repeated values grow. Multisets count.
//!   `lists_are_multisets_unless_their_order_means_something`
//! * 6: write-only values that are not sent again are lost. Those of the overlay go with every
//!   change. `what_is_sent_unseen_is_no_secret_and_can_be_sent_with_every_change`
//! * 7, 40: write-only values that are fixed, or all that a type has. No manifest can name them.
//!   `what_nobody_could_see_or_set_is_refused_with_its_place_and_a_way_out`
//! * 8, 9: an unrelated change touches what is fixed. Nothing is sent at or above what is fixed.
//!   `members_are_changed_by_themselves_and_never_at_or_above_what_is_fixed`
//! * 10: required, fixed and write-only. No such type has an overlay.
//!   `no_type_requires_what_nobody_can_see`
//! * 11, 41: husks that AWS stores and refuses. Removed in the same patch.
//!   `a_husk_goes_with_what_else_is_changed_and_never_by_itself`
//! * 12: both of two exclusive members. The derived one is removed in the same patch.
//!   `of_two_that_exclude_each_other_and_that_aws_returns_both_the_derived_one_goes`
//! * 13, 14: `replace` of what is not there. `add`, never `replace`.
//!   `what_is_not_there_is_neither_removed_nor_replaced`
//! * 15: AWS adds a property overnight. What the manifest does not name is left alone.
//!   `a_property_that_aws_adds_overnight_is_left_alone`
//! * 16: `aws:` tags are sent back. No patch has tags, they are set one by one by the tagging API.
//!   `pain_16_what_aws_tagged_is_neither_sent_back_nor_removed`
//! * 17: tags that are fixed. They are set by the create, and a lost claim is shown.
//!   `tags_that_aws_takes_only_once_are_shown_and_never_sent`
//! * 18, 21, 22, 48: defaults look like drift. Subset comparison, at every depth.
//!   `a_bucket_as_aws_fills_it_in_is_as_wanted`
//! * 19: removing a line does nothing. `null` says none.
//!   `null_says_none_and_empty_is_none`
//! * 20: JSON and policies as texts. Compared by what they say.
//!   `numbers_words_json_and_policies_are_compared_by_what_they_say`
//! * 23: mode of the encryption of a VPC. Refused: nobody could see it.
//!   `what_nobody_could_see_or_set_is_refused_with_its_place_and_a_way_out`
//! * 24: the identifier of a failed create. Never used; only a claim says whose it is.
//!   `the_identifier_of_a_failed_create_is_nobodys`
//! * 25, 30: a create that succeeded reports a failure. What is observed counts.
//!   `a_create_that_succeeded_and_says_that_it_failed_makes_no_second_resource`
//! * 26: duplicates after a lost answer. Tokens follow from what is wanted.
//!   `a_create_whose_answer_is_lost_is_repeated_with_the_same_token`
//! * 27: untracked after a cut. Nothing depends on asking again.
//!   `a_process_that_starts_while_aws_creates_makes_no_second_resource`
//! * 28: not found right after success. Unknown for a while, not absent.
//!   `what_is_not_found_right_after_its_create_is_not_absent`
//! * 29, 31: propagation and throttling inside a request. Codes decide the pause.
//!   `a_failure_is_shown_with_its_message_and_tried_again_later`
//! * 32: throttled reads. `aws::budget`, and few reads.
//!   `of_what_the_index_shows_and_gives_no_access_each_is_read_once_in_a_turn`
//! * 33: one operation for each resource. The list of requests says what is busy.
//!   `pain_33_a_resource_with_a_request_of_somebody_else_under_way_waits`
//! * 34: a finished deletion reports a failure. Deleted is what is not found.
//!   `pain_34_what_is_deleted_and_reported_as_a_failure_is_deleted`
//! * 35: only the code says that a deletion found nothing, and it lies.
//!   `pain_35_a_deletion_that_says_not_found_is_done_only_if_a_read_says_so`
//! * 36: not found although it exists. A claimed resource that the index shows and that is not
//!   found is not created again: a name is taken, and a token repeats the old request.
//!   `what_is_not_found_right_after_its_create_is_not_absent`
//! * 37: reads that fail for one resource. That one is unknown.
//!   `pain_37_one_resource_that_cannot_be_read_is_unknown_and_the_others_are_not`
//! * 38: lists of all Regions. Cannot arise: what has a name is not listed.
//! * 39: pages. Read to the end, a repeated token is an error.
//!   `pain_39_a_list_whose_tokens_repeat_proves_nothing_and_nothing_is_made`
//! * 42: identifiers that a service normalizes. Cannot arise: no type here has them.
//! * 43: an empty patch. Not sent.
//!   `what_is_not_there_is_neither_removed_nor_replaced`
//! * 44, 45, 46: handlers that cannot read, update or tag. The facts must have them.
//!   `every_type_can_be_read_changed_and_deleted_and_has_tags_from_the_start`
//! * 47: what nobody declared is not compared. The same limit here; the documentation says so.
