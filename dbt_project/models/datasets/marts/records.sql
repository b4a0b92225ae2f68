{#- Made from ingest_specs/datasets by `commongrid specs models`; change it there, not here. -#}
{{ config(materialized='view') }}
{{ event_records('abandoned_vehicle') }}
union all
{{ event_records('ambulance_incident') }}
union all
{{ event_records('asb_incident') }}
union all
{{ event_records('assault_attendance') }}
union all
{{ event_records('crime', outcome='outcome_code') }}
union all
{{ event_records('crime_outcome') }}
union all
{{ event_records('fire_incident') }}
union all
{{ event_records('fly_tipping_incident') }}
union all
{{ event_records('noise_complaint', outcome='outcome_code') }}
union all
{{ event_records('probation_start') }}
union all
{{ event_records('pupil_exclusion') }}
union all
{{ event_records('stop_search', outcome='outcome_code') }}
union all
{{ event_records('youth_child') }}
union all
{{ event_records('youth_offence') }}
union all
{{ event_records('youth_order') }}
