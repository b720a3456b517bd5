-- Why: what the filters of services compute (CQL2, OGC 21-065r2) must mean the same in the database, for the past, as
-- in memory. PostgreSQL raises an error where arithmetic overflows; a filter must say "unknown" there.

-- Numbers other than 0 are computed with between 1e-150 and 1e150; all else is unknown, as is what has no result.
create function dothi.calculate(op text, a double precision, b double precision) returns double precision
language sql immutable strict parallel safe as $$
    select case
        when not (a = 0 or abs(a) between 1e-150 and 1e150) then null
        when not (b = 0 or abs(b) between 1e-150 and 1e150) then null
        when op = '+' then a + b
        when op = '-' then a - b
        when op = '*' then a * b
        when op <> '^' and b = 0 then null
        when op = '/' then a / b
        when op = 'div' then trunc(a / b)
        when op = '%' then a - b * trunc(a / b)
        when op <> '^' then null
        when b = 0 then 1
        when a = 0 then case when b > 0 then 0 end
        when a < 0 and b <> trunc(b) then null
        when abs(b * ln(abs(a))) <= 345 then power(a, b)
    end
$$;

-- Upper case first: ß is SS, and the two small sigmas are one. The cluster's own collation knows no Unicode case.
create function dothi.casei(t text) returns text
language sql immutable strict parallel safe as $$
    select lower(upper(t collate "und-x-icu") collate "und-x-icu")
$$;

create function dothi.accenti(t text) returns text
language sql immutable strict parallel safe as $$
    select translate(regexp_replace(normalize(t, nfd), '[\u0300-\u036f]', '', 'g'), 'đĐ', 'dD')
$$;

-- As text::fold: lower case, no accents, đ as d, no apostrophes, one blank between words. Letters of full width and
-- ligatures are taken apart.
create function dothi.fold(t text) returns text
language sql immutable strict parallel safe as $$
    select regexp_replace(
        regexp_replace(
            translate(regexp_replace(normalize(
                (select string_agg(case when c between U&'\FF01' and U&'\FF5E' or c between U&'\FB00' and U&'\FB06'
                                        then normalize(c, nfkd) else c end, '' order by n)
                 from regexp_split_to_table(lower(btrim(t) collate "und-x-icu"), '') with ordinality as s (c, n)),
                nfd), '[\u0300-\u036f]', '', 'g'), 'đ', 'd'),
            U&'[''`\00B4\02B9\02BC\2018\2019\201B\2032]', '', 'g'),
        '\s+', ' ', 'g')
$$;

grant execute on function dothi.calculate(text, double precision, double precision), dothi.casei(text),
    dothi.accenti(text), dothi.fold(text) to dothi_serve;
