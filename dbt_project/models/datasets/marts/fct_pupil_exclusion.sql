{#- Made from ingest_specs/datasets by `commongrid specs models`; change it there, not here. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_changed_returns('pupil_exclusion') }}"
) }}
{{ dataset_fact(
    'pupil_exclusion',
    own=[
        'person_ref',
        'school_ref',
        'school_type_code',
        'reason_1_code',
        'reason_2_code',
        'reason_3_code',
        'sessions',
        'year_group',
        'age_band',
        'sex_code',
        'ethnicity_code',
        'needs_code'
    ],
    clock='occurred',
    category='category_code',
    source_id='source_id'
) }}
