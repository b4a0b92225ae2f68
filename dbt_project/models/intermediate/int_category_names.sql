-- What each category of a dataset is called: of a code with several lines in its list, by the last of them.
select
    dataset,
    category_code,
    arg_max(category_name, coalesce(valid_from, date '0001-01-01')) as category_name
from {{ source('snapshot', 'dataset_categories') }}
group by all
