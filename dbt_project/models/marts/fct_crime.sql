{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_changed_returns('crime') }}"
) }}
{{ event_fact('crime', own=['outcome_code']) }}
