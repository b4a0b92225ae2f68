{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_changed_returns('crime_outcome') }}"
) }}
{{ event_fact('crime_outcome') }}
