-- For what mysql_table(5) can say beyond the layouts.

CREATE TABLE route (
  address varchar(180) NOT NULL,
  destination text,
  second text,
  active tinyint NOT NULL,
  KEY address (address)
);
INSERT INTO route
  SELECT address, destination, IF(LENGTH(address) % 2, destination, NULL), active FROM people.alias;
INSERT INTO route
  SELECT CONCAT(localpart, '@', domain), CONCAT(domain, '/', localpart, '/'), NULL, active
    FROM people.person;

CREATE TABLE place (top varchar(64) NOT NULL, second varchar(64) NOT NULL, value varchar(64) NOT NULL);
INSERT INTO place VALUES ('com', 'example', 'a'), ('org', 'example', 'b'), ('net', 'example', 'c'),
  ('example', 'catchall', 'd'), ('example', 'bücher', 'e');

DELIMITER //
CREATE PROCEDURE find_route(IN wanted text)
BEGIN
  SELECT destination FROM route WHERE address = wanted AND active;
END //
CREATE PROCEDURE find_route_twice(IN wanted text)
BEGIN
  SELECT destination FROM route WHERE address = wanted AND active;
  SELECT second FROM route WHERE address = wanted AND active;
END //
CREATE PROCEDURE find_no_route(IN wanted text)
BEGIN
  SET @wanted = wanted;
END //
CREATE PROCEDURE find_route_for_known(IN wanted text)
BEGIN
  IF EXISTS (SELECT * FROM route WHERE address = wanted) THEN
    SELECT destination FROM route WHERE address = wanted;
  END IF;
END //
CREATE PROCEDURE fail_for_some(IN wanted text)
BEGIN
  IF wanted LIKE 'many@%' THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not today';
  END IF;
  SELECT destination FROM route WHERE address = wanted;
END //
DELIMITER ;

-- Postfix tells the sender what stands behind "error:".
CREATE TABLE transport (place varchar(180) NOT NULL, value varchar(180) NOT NULL);
INSERT INTO transport VALUES
  ('info@route.example', 'error:5.7.1 the address'),
  ('route.example', 'error:5.7.1 the domain'),
  ('.route.example', 'error:5.7.1 its subdomains'),
  ('deep.sub.route.example', 'error:5.7.1 the deep domain'),
  ('.sub.route.example', 'error:5.7.1 the subdomains of the subdomain');
