package metrics

import "github.com/prometheus/client_golang/prometheus"

// families lists what is told. No label holds the key of a row: there are as
// many series as pipelines, connections and states.
func families() []family {
	var all []family
	for _, group := range [][]family{pipelineFamilies(), sourceFamilies(), targetFamilies(), scheduleFamilies(), databaseFamilies()} {
		all = append(all, group...)
	}
	return all
}

func pipelineFamilies() []family {
	return []family{
		{
			"pandian_last_success_timestamp_seconds", "When the last run of the pipeline that went well ended.",
			prometheus.GaugeValue, []string{"pipeline"}, `
			select
				pipeline.pipeline_code,
				extract(epoch from (
					select run.finished_at
					from ops.run
					where
						run.pipeline_code = pipeline.pipeline_code
						and run.command = 'run'
						and run.state = 'ok'
					order by run.run_id desc
					limit 1
				))::double precision
			from ops.pipeline`,
		},
		{
			"pandian_discrepancies", "Discrepancies of a comparison that are not resolved.",
			prometheus.GaugeValue, []string{"check", "state"}, `
			select
				compared.pipeline_code,
				known.state,
				count(discrepancy.record_key)::double precision
			from (select distinct basis.pipeline_code from compare.basis) as compared
			cross join (values ('open'), ('acknowledged')) as known (state)
			left join compare.discrepancy
				on discrepancy.pipeline_code = compared.pipeline_code
				and discrepancy.state = known.state
			group by
				compared.pipeline_code,
				known.state`,
		},
		{
			"pandian_discrepancy_oldest_age_seconds", "Age of the oldest discrepancy that is not resolved.",
			prometheus.GaugeValue, []string{"check"}, `
			select
				discrepancy.pipeline_code,
				extract(epoch from clock_timestamp() - min(discrepancy.first_seen_at))::double precision
			from compare.discrepancy
			where discrepancy.state <> 'resolved'
			group by discrepancy.pipeline_code`,
		},
	}
}

func sourceFamilies() []family {
	return []family{
		{
			"pandian_verified_through_timestamp_seconds", "How far a dataset of a connection was read and proved complete.",
			prometheus.GaugeValue, []string{"connector", "connection"}, `
			select
				dataset_state.dataset,
				dataset_state.connection_code,
				extract(epoch from dataset_state.as_of)::double precision
			from ops.dataset_state`,
		},
		{
			"pandian_extract_rows_total", "Records stored.",
			prometheus.CounterValue, []string{"connector", "connection"}, `
			select
				read.dataset,
				read.connection_code,
				sum(read.records_landed)::double precision
			from (
				select dataset, connection_code, records_landed
				from ops."window"
				union all
				select dataset, connection_code, records_landed
				from ops.removed_window
			) as read
			group by
				read.dataset,
				read.connection_code`,
		},
		{
			"pandian_extract_pages_total", "Pages stored.",
			prometheus.CounterValue, []string{"connector", "connection"}, `
			select
				read.dataset,
				read.connection_code,
				sum(read.pages_landed)::double precision
			from (
				select dataset, connection_code, pages_landed
				from ops."window"
				union all
				select dataset, connection_code, pages_landed
				from ops.removed_window
			) as read
			group by
				read.dataset,
				read.connection_code`,
		},
	}
}

func targetFamilies() []family {
	return []family{
		{
			"pandian_outbox_rows", "Documents that are not at their target, by state.",
			prometheus.GaugeValue, []string{"pipeline", "target", "state"}, `
			select
				pipeline.pipeline_code,
				pipeline.target_connection_code,
				known.state,
				coalesce(sum(outbox_state.document_count), 0)::double precision
			from ops.pipeline
			cross join (
				values
					('pending'), ('sending'), ('waiting'), ('in_doubt'), ('rejected'), ('abandoned'), ('held'), ('held_back')
			) as known (state)
			left join report.outbox_state
				on outbox_state.pipeline_code = pipeline.pipeline_code
				and outbox_state.state = known.state
			group by
				pipeline.pipeline_code,
				pipeline.target_connection_code,
				known.state`,
		},
		{
			"pandian_outbox_oldest_age_seconds", "Age of the oldest document that is on its way: pending, sending, waiting or in doubt.",
			prometheus.GaugeValue, []string{"pipeline", "target"}, `
			select
				outbox_state.pipeline_code,
				outbox_state.target_connection_code,
				extract(epoch from clock_timestamp() - min(outbox_state.oldest_at))::double precision
			from report.outbox_state
			where outbox_state.state in ('pending', 'sending', 'waiting', 'in_doubt')
			group by
				outbox_state.pipeline_code,
				outbox_state.target_connection_code`,
		},
		{
			"pandian_delivery_attempts_total", "Documents by what deliveries came to, by the balances of the runs that ended.",
			prometheus.CounterValue, []string{"pipeline", "target", "outcome"}, `
			with counted as (
				-- each balance is opened once, however many outcomes there are
				select
					run.pipeline_code,
					sum(documents.sent) as sent,
					sum(documents.superseded) as superseded,
					sum(documents.waiting) as waiting,
					sum(documents.in_doubt) as in_doubt,
					sum(documents.rejected) as rejected,
					sum(documents.abandoned) as abandoned
				from ops.run
				cross join lateral jsonb_to_record(run.balance -> 'documents') as documents (
					sent bigint, superseded bigint, waiting bigint, in_doubt bigint, rejected bigint, abandoned bigint
				)
				group by run.pipeline_code
			)

			select
				pipeline.pipeline_code,
				pipeline.target_connection_code,
				known.outcome,
				(coalesce(known.document_count, 0) + coalesce(removed_run.document_count, 0))::double precision
			from ops.pipeline
			left join counted on counted.pipeline_code = pipeline.pipeline_code
			cross join lateral (
				values
					('sent', counted.sent), ('superseded', counted.superseded), ('waiting', counted.waiting),
					('in_doubt', counted.in_doubt), ('rejected', counted.rejected), ('abandoned', counted.abandoned)
			) as known (outcome, document_count)
			-- of runs that are older than retention.history
			left join ops.removed_run
				on removed_run.pipeline_code = pipeline.pipeline_code
				and removed_run.outcome = known.outcome`,
		},
	}
}

func scheduleFamilies() []family {
	labels := []string{"pipeline", "schedule"}
	counted := func(name, help, column string) family {
		return family{name, help, prometheus.CounterValue, labels,
			"select job.pipeline_code, job.kind, job." + column + "::double precision from ops.job"}
	}
	return []family{
		counted("pandian_job_missed_fires_total", "Fires that no server took within a minute of their time.", "missed_count"),
		counted("pandian_job_skipped_fires_total", "Fires that were skipped because their pipeline was busy.", "skipped_count"),
		counted("pandian_job_lost_fires_total", "Fires that were given up because one server after another died with them.", "lost_count"),
		{
			"pandian_job_next_fire_timestamp_seconds", "When the schedule fires next.",
			prometheus.GaugeValue, labels, `
			select
				job.pipeline_code,
				job.kind,
				extract(epoch from job.next_fire_at)::double precision
			from ops.job`,
		},
		{
			"pandian_job_open_fires", "Fires that are due or running.",
			prometheus.GaugeValue, labels, `
			select
				job.pipeline_code,
				job.kind,
				count(job_fire.fire_at)::double precision
			from ops.job
			left join ops.job_fire
				on job_fire.pipeline_code = job.pipeline_code
				and job_fire.kind = job.kind
				and job_fire.state in ('due', 'running')
			group by
				job.pipeline_code,
				job.kind`,
		},
	}
}

func databaseFamilies() []family {
	return []family{{
		"pandian_oldest_transaction_age_seconds", "Age of the oldest open transaction of the database that the account may see, 0 without one: it holds vacuum back.",
		prometheus.GaugeValue, nil, `
		select coalesce(extract(epoch from max(old_transaction.age)), 0)::double precision
		from report.old_transaction`,
	}}
}
