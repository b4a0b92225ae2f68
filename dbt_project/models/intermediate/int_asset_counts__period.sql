{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_recounted() }}"
) }}
{{ figures(
    ref('int_asset_counts__expected'),
    ref('int_asset_counts__counted'),
    period=[('period_type', 'period_type'), ('period_start', 'period_start'), ('last_day', 'last_day')],
    day='last_day'
) }}
