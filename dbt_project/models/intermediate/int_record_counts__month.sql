{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_recounted() }}"
) }}
{{ figures(
    ref('int_counts__expected'), ref('int_counts__counted'), period=[('month', 'period_start')], day='period_start'
) }}
