-- The weights of an area in a lookup are shares of it: from 0 to 1, no more than 1 in all, and null only where no
-- lookup can follow the boundary.
select
    from_set,
    to_set,
    from_code
from {{ ref('area_lookup') }}
group by all
having
    sum(weight) > 1 + {{ weight_tolerance() }}
    or min(weight) < 0
    or bool_or((weight is null) <> (method = 'not_comparable'))
