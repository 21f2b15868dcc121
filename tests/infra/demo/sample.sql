--
-- A tiny company in the tables of Northwind. Made up.
--
SET standard_conforming_strings = on;

DROP TABLE IF EXISTS orders;

CREATE TABLE categories (
    category_id smallint NOT NULL,
    category_name character varying(15) NOT NULL,
    description text,
    picture bytea
);

CREATE TABLE customers (
    customer_id character varying(5) NOT NULL,
    company_name character varying(40) NOT NULL,
    contact_name character varying(30),
    contact_title character varying(30),
    address character varying(60),
    city character varying(15),
    region character varying(15),
    postal_code character varying(10),
    country character varying(15),
    phone character varying(24),
    fax character varying(24)
);

CREATE TABLE employees (
    employee_id smallint NOT NULL,
    last_name character varying(20) NOT NULL,
    first_name character varying(10) NOT NULL,
    home_phone character varying(24),
    photo bytea,
    reports_to smallint,
    CONSTRAINT pk_employees PRIMARY KEY (employee_id)
);

CREATE TABLE employee_territories (
    employee_id smallint NOT NULL,
    territory_id character varying(20) NOT NULL
);

CREATE TABLE order_details (
    order_id smallint NOT NULL,
    product_id smallint NOT NULL,
    unit_price real NOT NULL,
    quantity smallint NOT NULL,
    discount real NOT NULL
);

CREATE TABLE orders (
    order_id smallint NOT NULL,
    customer_id character varying(5),
    employee_id smallint,
    order_date date,
    required_date date,
    shipped_date date,
    ship_via smallint,
    freight real
);

CREATE TABLE products (
    product_id smallint NOT NULL,
    product_name character varying(40) NOT NULL,
    supplier_id smallint,
    category_id smallint,
    quantity_per_unit character varying(20),
    unit_price real,
    units_in_stock smallint,
    units_on_order smallint,
    reorder_level smallint,
    discontinued integer NOT NULL
);

CREATE TABLE region (
    region_id smallint NOT NULL,
    region_description character varying(60) NOT NULL
);

CREATE TABLE shippers (
    shipper_id smallint NOT NULL,
    company_name character varying(40) NOT NULL,
    phone character varying(24)
);

CREATE TABLE territories (
    territory_id character varying(20) NOT NULL,
    territory_description character varying(60) NOT NULL,
    region_id smallint NOT NULL
);

INSERT INTO categories VALUES (1, 'Beverages', 'Teas; coffees', '\x'), (2, 'Condiments', NULL, '\x00ff');

INSERT INTO customers VALUES ('OFTEN', 'Tom''s Corner; Ltd.', 'Ann Lee', 'Owner', '1 O''Hara (rear), 2nd', 'Málaga', NULL, '29001', 'Spain', '555-0100', NULL);
INSERT INTO customers VALUES ('NEVER', 'Nobody Buys Here', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

INSERT INTO employees VALUES (3, 'Field', 'Cara', '555-0103', '\x', 2);
INSERT INTO employees VALUES (1, 'Boss', 'Ada', '555-0101', '\x', NULL);
INSERT INTO employees VALUES (2, 'Lead', 'Ben', '555-0102', '\x', 1);

INSERT INTO region VALUES (1, 'Eastern   ');
INSERT INTO region VALUES (2, 'Western');
INSERT INTO territories VALUES ('01581', 'Westboro', 1);
INSERT INTO territories VALUES ('60601', 'Chicago', 2);
INSERT INTO territories VALUES ('60602', 'Loop', 2);
INSERT INTO employee_territories VALUES (3, '01581');
INSERT INTO employee_territories VALUES (3, '60601');
INSERT INTO employee_territories VALUES (3, '60602');
INSERT INTO employee_territories VALUES (2, '01581');

INSERT INTO products VALUES (1, 'Chai', 8, 1, '10 boxes x 30 bags', 18, 39, 0, 10, 1);
INSERT INTO products VALUES (2, 'Aniseed Syrup', 1, 2, '12 - 550 ml bottles', 9.80000019, 13, 70, 25, 0);

INSERT INTO shippers VALUES (3, 'Federal Shipping', '(503) 555-9931');

INSERT INTO orders VALUES (12, 'OFTEN', 3, '1997-02-01', '1997-03-01', NULL, 3, 11.5);
INSERT INTO orders VALUES (11, 'OFTEN', 3, '1997-01-15', NULL, '1997-01-20', 3, 11.5);
INSERT INTO orders VALUES (10, 'OFTEN', 2, '1996-07-04', '1996-08-01', '1996-07-16', 3, 32.3800011);
INSERT INTO order_details VALUES (10, 1, 14.3999996, 12, 0);
INSERT INTO order_details VALUES (10, 2, 9.80000019, 5, 0.150000006);
INSERT INTO order_details VALUES (11, 2, 9.80000019, 1, 0);
INSERT INTO order_details VALUES (12, 2, 10, 2, 0);

ALTER TABLE ONLY orders
    ADD CONSTRAINT pk_orders PRIMARY KEY (order_id);
