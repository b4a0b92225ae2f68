{#- Made from ingest_specs/datasets by `commongrid specs models`; change it there, not here. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_changed_returns('assault_attendance') }}"
) }}
{{ dataset_fact(
    'assault_attendance',
    own=[
        'assaulted_from',
        'assaulted_to',
        'method_text',
        'location_code',
        'location_text',
        'age_band',
        'sex_code'
    ],
    clock='arrived',
    category='category_code',
    source_id='source_id'
) }}
