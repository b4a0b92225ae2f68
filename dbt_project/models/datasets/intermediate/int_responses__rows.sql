{#- Made from ingest_specs/datasets by `commongrid specs models`; change it there, not here. -#}
{{ placed_rows('survey_response', own=['question_code', 'weight', 'sample_size']) }}
