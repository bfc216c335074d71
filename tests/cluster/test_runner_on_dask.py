"""The tests of batches in a pool hold on a scheduler, too."""

from __future__ import annotations

import pytest

from tests.runner.test_runner_batch import (  # noqa: F401
    test_a_batch_takes_no_more_than_it_was_asked_to,
    test_a_batch_without_a_size_takes_all_in_windows,
    test_a_checkpoint_is_written_every_so_many_settles_over_all_batches,
    test_a_report_counts_what_was_settled_and_what_the_workers_fixed,
    test_every_outcome_is_recorded_with_its_data,
    test_only_the_named_item_is_processed_in_any_state,
    test_progress_of_a_pooled_worker_reaches_the_face_now_and_then,
    test_the_face_hears_of_the_first_claim_and_of_every_settle_in_order,
    test_the_log_reports_each_item_and_of_the_trace_of_each_error,
    test_when_its_time_is_over_a_batch_starts_nothing_new,
)
from tests.runner.test_runner_cancelled import (  # noqa: F401
    test_a_cancelled_job_is_dropped_with_its_other_parts_when_a_part_ends,
    test_a_claimed_job_that_is_cancelled_before_its_turn_records_nothing,
    test_a_job_that_has_ended_is_not_cancelled,
    test_running_tasks_of_a_cancelled_job_end_and_the_others_go_on,
)
from tests.runner.test_runner_deaths import (  # noqa: F401
    test_a_death_is_noticed_also_where_a_process_is_left_behind,
    test_a_part_that_kills_its_worker_fails_its_own_item_alone,
    test_all_suspects_of_a_wide_crash_are_done_and_all_items_after_them,
    test_an_item_that_dies_only_in_parallel_is_completed,
    test_an_item_that_hangs_is_ended_and_given_up_if_it_does_so_alone,
    test_an_item_that_is_deadly_stays_alone_in_later_tries,
    test_an_item_that_kills_its_worker_costs_one_attempt_and_no_neighbour,
    test_what_still_has_to_run_alone_when_a_batch_ends_does_so_next_time,
)
from tests.runner.test_runner_failures import (  # noqa: F401
    test_a_batch_of_all_takes_what_falls_due_while_it_runs,
    test_a_failed_item_waits_longer_each_time_and_then_for_ever,
    test_a_worker_may_say_when_to_try_again,
    test_any_worker_error_ends_only_its_item,
    test_due_retries_come_after_new_items,
    test_no_fact_of_a_worker_takes_the_place_of_what_the_record_says,
    test_no_item_is_tried_before_its_time,
)
from tests.runner.test_runner_flow import (  # noqa: F401
    test_a_cleanup_may_neither_split_nor_go_on,
    test_an_invalid_result_ends_the_batch_and_loses_nothing,
    test_meaningless_results_are_errors_of_their_items,
    test_no_more_items_are_under_way_than_jobs_allow,
)
from tests.runner.test_runner_memory import (  # noqa: F401
    test_a_lack_of_memory_in_ffmpeg_is_one,
    test_an_item_that_needs_more_memory_fails_and_the_others_go_on,
    test_without_a_limit_the_same_item_is_completed,
)
from tests.runner.test_runner_parking import (  # noqa: F401
    test_a_full_volume_of_the_queue_ends_the_batch,
    test_a_full_volume_without_a_name_parks_if_the_queue_has_space,
    test_a_parked_item_continues_at_its_time_and_not_before,
    test_a_parked_item_waits_in_its_stage_without_an_attempt,
    test_waiting_again_and_again_never_counts_as_an_attempt,
)
from tests.runner.test_runner_parts import (  # noqa: F401
    test_a_part_that_fails_for_good_runs_once,
    test_a_stage_may_keep_going_without_its_failed_parts,
    test_a_stage_that_keeps_going_learns_which_parts_failed_for_good,
    test_progress_is_weighted_and_counts_that_of_running_parts,
    test_the_heaviest_parts_run_first_and_results_keep_the_order,
)
from tests.runner.test_runner_stage_retries import (  # noqa: F401
    test_a_batch_killed_at_a_record_repeats_nothing_that_is_recorded,
    test_a_cleaned_item_may_be_skipped,
    test_a_cleanup_that_fails_is_reported_with_the_failure,
    test_a_cleanup_that_kills_its_worker_runs_again_alone,
    test_a_failure_may_send_the_item_back_to_an_earlier_stage,
    test_a_final_failure_is_the_last_attempt_of_its_stage,
    test_a_final_failure_is_the_only_attempt_without_stages,
    test_a_killed_batch_goes_on_with_the_cleanup,
    test_a_stage_is_tried_as_often_as_its_own_retries_allow,
    test_a_stage_may_be_skipped_after_its_last_attempt,
    test_a_stage_without_retries_of_its_own_has_those_of_the_batch,
    test_an_item_is_skipped_after_a_final_failure_if_its_stage_says_so,
    test_attempts_of_one_stage_do_not_count_for_another,
    test_the_settings_of_a_batch_override_the_retries_of_a_stage,
    test_the_worker_cleans_up_after_the_last_attempt_only,
)
from tests.runner.test_runner_stages import (  # noqa: F401
    test_a_part_that_fails_for_good_fails_its_item_and_no_other,
    test_a_part_that_fails_is_run_once_more_at_once,
    test_a_part_that_fails_is_tried_again_alone_until_it_succeeds,
    test_a_part_whose_input_has_changed_is_run_again,
    test_a_part_whose_result_no_record_can_hold_fails,
    test_a_reset_item_begins_with_its_first_stage,
    test_a_stage_that_asks_for_parts_again_is_an_error_and_no_endless_loop,
    test_a_stage_that_fails_is_tried_again_and_none_before_it,
    test_a_stage_that_may_not_follow_is_refused,
    test_an_item_passes_through_all_its_stages_and_parts,
    test_parts_that_a_worker_cannot_send_are_an_error_with_a_reason,
    test_the_parts_of_one_item_run_side_by_side,
    test_the_stage_and_the_parts_of_a_running_item_are_on_record,
    test_the_trace_of_a_failed_part_is_in_the_log,
    test_what_is_begun_is_finished_before_more_is_begun,
)
from tests.runner.test_runner_stalls import (  # noqa: F401
    test_a_stalled_task_is_killed_and_counts_as_failed,
    test_a_worker_stops_where_it_may,
    test_without_the_limit_nothing_stalls,
)
from tests.runner.test_runner_waits import (  # noqa: F401
    test_an_announced_wait_does_not_count_towards_the_timeout,
    test_an_unannounced_wait_counts_towards_the_timeout,
    test_the_time_of_the_next_item_is_not_longer_for_a_wait_before,
    test_the_wait_for_an_answer_does_not_count_towards_the_timeout,
    test_what_hangs_after_its_wait_is_ended_all_the_same,
    test_what_is_left_of_the_wait_for_an_answer_is_given_back,
    test_who_watches_hears_of_a_wait_before_it_unless_it_is_short,
    test_without_a_timeout_a_wait_starts_none,
)

pytestmark = [pytest.mark.needs("distributed"), pytest.mark.usefixtures("on_dask")]


@pytest.fixture
def pooled() -> None:
    """Batches run on the scheduler anyway."""
