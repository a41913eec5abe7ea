-- The tables that conf/vmapd.conf asks, and a few sample rows:
--
--   mysql < schema.sql
--
-- They are the tables of the well-known Postfix, Dovecot and MySQL tutorial, plus the two indexes that
-- it lacks. Without them every single lookup of a domain or an alias reads its whole table. Who has
-- the tables already adds just these:
--
--   ALTER TABLE virtual_domains ADD UNIQUE KEY name (name);
--   ALTER TABLE virtual_aliases ADD KEY source (source);
--
-- The account that vmapd, Postfix and Dovecot use may only read:
--
--   CREATE USER 'mailuser'@'127.0.0.1' IDENTIFIED BY 'mailuserpass';
--   GRANT SELECT ON mailserver.* TO 'mailuser'@'127.0.0.1';

CREATE DATABASE IF NOT EXISTS mailserver CHARACTER SET utf8mb4;
USE mailserver;

CREATE TABLE virtual_domains (
  id int NOT NULL AUTO_INCREMENT,
  name varchar(50) NOT NULL,
  PRIMARY KEY (id),
  -- Missing in the tutorial: WHERE name='...' is asked for the domain of every recipient.
  UNIQUE KEY name (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE virtual_users (
  id int NOT NULL AUTO_INCREMENT,
  domain_id int NOT NULL,
  password varchar(106) NOT NULL,
  email varchar(100) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY email (email),
  FOREIGN KEY (domain_id) REFERENCES virtual_domains (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE virtual_aliases (
  id int NOT NULL AUTO_INCREMENT,
  domain_id int NOT NULL,
  source varchar(100) NOT NULL,
  destination varchar(100) NOT NULL,
  PRIMARY KEY (id),
  -- Missing in the tutorial: WHERE source='...' is asked several times for every recipient.
  KEY source (source),
  FOREIGN KEY (domain_id) REFERENCES virtual_domains (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

INSERT INTO virtual_domains (id, name) VALUES
  (1, 'example.com'),
  (2, 'hostname.example.com'),
  (3, 'hostname'),
  (4, 'localhost.example.com');

-- SHA512-CRYPT of "firstpassword" and "secondpassword", for Dovecot. The tutorial computes them with
-- ENCRYPT(), which MySQL 8 no longer has; `openssl passwd -6` and `doveadm pw -s SHA512-CRYPT` do it.
INSERT INTO virtual_users (id, domain_id, password, email) VALUES
  (1, 1, '$6$904682f3ac051e4e$3bsWcj.VD71Y3taHb4Ry1ZdHIsoMyUituVlc.FLSPd6vLzk.6aEDmvc4cb171g6RF4t/J.nIKTY2LGTPDaXW8/', 'email1@example.com'),
  (2, 1, '$6$5976fd6316aed82b$QvqolMWw5ni8qAJSze4pBNf523BcqjT/urR5mDokI33jKavupQIaN/u9W/Hw1Kdzbv/0AS3Vk1Xh4HIOcX/N11', 'email2@example.com');

INSERT INTO virtual_aliases (id, domain_id, source, destination) VALUES
  (1, 1, 'alias@example.com', 'email1@example.com');
