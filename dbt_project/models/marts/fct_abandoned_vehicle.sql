{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_changed_returns('abandoned_vehicle') }}"
) }}
{{ event_fact('abandoned_vehicle') }}
